"""The addresses of one's own data and of proofs."""

from django.urls import path

from . import pages, proof

urlpatterns = [
    path("me/data", pages.my_data, name="my_data"),
    path("me/data/download", pages.download, name="my_data_download"),
    path("me/data/erase", pages.erase, name="my_data_erase"),
    path("me/data/erased", pages.erased, name="my_data_erased"),
    path("cases/<str:number>/proof", proof.proof_page, name="case_proof"),
    path("cases/<str:number>/proof.json", proof.proof_file, name="case_proof_file"),
]
